// A few lines over the years: the scale at the left, years below, no box around.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Shapes
import Kiosk

Item {
    id: chart
    property string title
    property list<WayPart> lines
    property list<string> years
    readonly property var inks: [Theme.blue, Theme.jade, Theme.amber]
    readonly property real most: {
        let most = 1
        for (const line of lines) for (const debt of line.debts) most = Math.max(most, Number(debt))
        return most
    }
    readonly property int longest: {
        let longest = 2
        for (const line of lines) longest = Math.max(longest, line.debts.length + 1)
        return longest
    }
    Accessible.ignored: true          // the cards say the same in words

    Row {
        id: head
        spacing: 28
        Label { text: chart.title; color: Theme.soft; font.pixelSize: 28; wrapMode: Text.NoWrap; Accessible.ignored: true }
        Repeater {
            model: chart.lines
            Row {
                id: key
                required property WayPart modelData
                required property int index
                spacing: 12
                Rectangle { width: 44; height: 6; radius: 3; color: chart.inks[key.index % 3]; anchors.verticalCenter: parent.verticalCenter }
                Label { text: key.modelData.title; font.pixelSize: 28; wrapMode: Text.NoWrap; Accessible.ignored: true }
            }
        }
    }
    Item {
        id: plot
        y: head.height + 12
        width: parent.width
        height: parent.height - y - 44
        Rectangle { y: parent.height; width: parent.width; height: 2; color: Theme.line }
        Repeater {
            model: chart.lines
            Shape {
                id: drawn
                required property WayPart modelData
                required property int index
                anchors.fill: parent
                ShapePath {
                    strokeColor: chart.inks[drawn.index % 3]
                    strokeWidth: 5
                    fillColor: "transparent"
                    capStyle: ShapePath.RoundCap
                    joinStyle: ShapePath.RoundJoin
                    PathPolyline {
                        path: {
                            const points = []
                            const debts = drawn.modelData.debts
                            for (let year = 0; year < debts.length; ++year)
                                points.push(Qt.point(year / (chart.longest - 1) * plot.width, plot.height * (1 - Number(debts[year]) / chart.most)))
                            if (debts.length > 0 && Number(debts[debts.length - 1]) > 0)
                                points.push(Qt.point(debts.length / (chart.longest - 1) * plot.width, plot.height))
                            return points
                        }
                    }
                }
            }
        }
    }
    Item {
        y: parent.height - 40
        width: parent.width
        height: 40
        Repeater {
            model: chart.years
            Label {
                required property string modelData
                required property int index
                x: Math.min(parent.width - width, index / Math.max(1, chart.years.length - 1) * parent.width - (index > 0 ? width / 2 : 0))
                text: modelData
                color: Theme.soft
                font.pixelSize: 28
                wrapMode: Text.NoWrap
                Accessible.ignored: true
            }
        }
    }
}
