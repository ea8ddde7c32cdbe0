// All devices and the centre at a glance; of one of them, what one sees and can do there.
import QtQuick
import "../components"

Item {
    id: devices
    required property var desk
    property bool dense: false
    property string chosen: desk.hardware.length > 0 ? desk.hardware[0].part : "centre"
    readonly property int columns: width >= 440 ? 3 : 2
    readonly property real cellWidth: (width - (columns - 1) * cells.spacing) / columns

    Flow {
        id: cells
        width: parent.width
        spacing: 6
        Repeater {
            model: devices.desk.hardware
            PartCell {
                required property var modelData
                readonly property var look: devices.desk.looks[modelData.part]
                objectName: "part." + modelData.part
                width: devices.cellWidth
                title: modelData.title
                iconName: modelData.icon
                word: look ? look.word : ""
                tone: look ? look.tone : "good"
                chosen: devices.chosen === modelData.part
                onClicked: devices.chosen = modelData.part
            }
        }
        Repeater {
            model: devices.desk.absent
            PartCell {
                required property var modelData
                objectName: "part." + modelData.part
                width: devices.cellWidth
                enabled: false
                title: modelData.title
                iconName: modelData.icon
                word: devices.desk.words["absent"]
            }
        }
        PartCell {
            objectName: "part.centre"
            visible: devices.desk.centre.there
            width: devices.cellWidth
            title: devices.desk.centre.title
            iconName: "place"
            word: devices.desk.centre.word
            tone: devices.desk.centre.tone
            chosen: devices.chosen === "centre"
            onClicked: devices.chosen = "centre"
        }
    }
    Flickable {
        id: view
        y: cells.height + 14
        width: parent.width
        height: parent.height - y
        contentHeight: column.height
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        Column {
            id: column
            width: view.width
            spacing: 8
            Repeater {
                model: devices.desk.hardware
                PartDetail {
                    required property var modelData
                    desk: devices.desk
                    part: modelData
                    objectName: modelData.part
                    visible: devices.chosen === modelData.part
                    width: column.width
                    dense: devices.dense
                }
            }
            Levers {
                objectName: "centre"
                visible: devices.chosen === "centre" && devices.desk.centre.there
                width: column.width
                title: devices.desk.centre.title
                icon: "place"
                dense: devices.dense
                moreText: devices.desk.words["reset"]
                onMore: devices.desk.resetCentre()
                levers: devices.desk.centreLevers
                wellText: devices.desk.words["well"]
                word: devices.desk.centre.word
                tone: devices.desk.centre.tone
                line: devices.desk.centre.line
                stand: devices.desk.centre.stand
                onPressed: key => devices.desk.pressCentre(key)
                onWell: devices.desk.centreWell()
            }
            Repeater {
                model: devices.desk.absent
                Label {
                    required property var modelData
                    width: column.width
                    text: modelData.title + " · " + modelData.why
                    font.pixelSize: 12
                    color: Theme.faint
                }
            }
        }
    }
    ScrollMark { view: view; anchors.rightMargin: -8 }
}
