// The sealed document as the printer will print it, large enough to read; buttons turn its pages.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import Kiosk
import "../components"

Page {
    id: page
    readonly property PreviewContent shown: view as PreviewContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    readonly property int pages: shown.pages
    readonly property real a4: 1.41421
    // A page that would be narrower than this is shown in full width, one part of it at a time.
    readonly property int roomBelow: pages > 1 ? bodyItem.height - 104 - Theme.gap : bodyItem.height
    readonly property bool whole: !Theme.wide && roomBelow / a4 >= 0.8 * bodyItem.width
    readonly property int parts: whole ? 1 : Math.ceil((sheetHeight - 60) / (frame.height - 60))
    readonly property int sheetWidth: whole ? Math.min(frame.width, Math.floor(frame.height / a4)) : frame.width - 112 - 24
    readonly property int sheetHeight: Math.floor((whole ? sheetWidth : frame.width - 112 - 24) * a4)
    property int at: 0                     // the shown part, counted over all parts of all pages
    readonly property int sheet: Math.floor(at / parts)
    readonly property int part: at % parts
    property bool settled: false           // no sheet is drawn in a size that is not yet its own
    Component.onCompleted: {
        settle()
        settled = true
    }

    // Wide: the whole page stands beside, and a press on a part of it shows that part.
    Item {
        id: overview
        parent: page.asideItem
        readonly property int upper: Math.max(28, page.pressTop - page.asideItem.parent.y - page.asideItem.y)
        readonly property int room: page.asideHeight - upper
        visible: Theme.wide && !Theme.lowered && room >= 3 * (Theme.least + 24)
        y: upper
        height: visible ? room : 0
        width: Math.floor(height / page.a4)
        Rectangle {
            anchors.fill: parent
            color: "#FFFFFF"
            border.color: Theme.line
            border.width: Theme.hair
        }
        Image {
            objectName: "whole"
            anchors.fill: parent
            anchors.margins: Theme.hair
            asynchronous: true
            sourceSize.width: Math.max(1, width)
            source: overview.visible && page.settled ? "image://paper/" + CurrentPage.ticket + "/" + page.sheet : ""
            Accessible.ignored: true
        }
        Repeater {
            model: overview.visible ? Math.max(1, page.parts) : 0
            T.Button {
                id: zone
                required property int index
                readonly property bool shownNow: index === page.part
                objectName: "part" + index
                y: index * (height + 24)
                width: overview.width
                height: (overview.height - (page.parts - 1) * 24) / page.parts
                focusPolicy: Qt.TabFocus
                activeFocusOnTab: true
                Accessible.role: Accessible.Button
                Accessible.name: qsTr("放大第 %1 部分").arg(index + 1)
                onClicked: page.at = page.sheet * page.parts + index
                Keys.onReturnPressed: clicked()
                Keys.onEnterPressed: clicked()
                background: Rectangle {
                    radius: 12
                    color: "transparent"
                    border.width: zone.activeFocus ? 7 : zone.shownNow || zone.down ? 5 : 3
                    border.color: zone.activeFocus ? Theme.focus : zone.shownNow || zone.down ? Theme.blue : Theme.edge
                }
            }
        }
        Label {
            x: overview.width + 36
            width: page.asideWidth - x
            y: (parent.height - height) / 2
            text: qsTr("点左边的一部分，右边放大看")
            font.pixelSize: Theme.hint
            color: Theme.soft
        }
    }
    Item {
        id: frame
        width: parent.width
        height: page.whole ? page.roomBelow : parent.height
        Rectangle {
            id: paper
            x: page.whole ? (frame.width - width) / 2 : 0
            width: page.sheetWidth
            height: Math.min(frame.height, page.sheetHeight)
            color: "#FFFFFF"
            border.color: Theme.line
            border.width: Theme.hair
            Item {
                anchors.fill: parent
                anchors.margins: Theme.hair
                clip: true
                Image {
                    objectName: "sheet"
                    width: parent.width
                    y: page.parts === 1 ? 0 : -Math.round(page.part * (page.sheetHeight - paper.height) / (page.parts - 1))
                    asynchronous: true
                    sourceSize.width: paper.width - 2
                    fillMode: Image.PreserveAspectFit
                    source: page.settled ? "image://paper/" + CurrentPage.ticket + "/" + page.sheet : ""
                    Accessible.role: Accessible.Graphic
                    Accessible.name: page.title
                }
            }
        }
    }
    Turner {
        visible: page.pages * page.parts > 1
        sheet: page.at
        sheets: page.pages * page.parts
        upright: !page.whole
        x: upright ? parent.width - width : (parent.width - width) / 2
        y: parent.height - height
        onTurned: to => page.at = to
    }
}
