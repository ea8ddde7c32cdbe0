// All devices and the centre at a glance, and the details and levers of the chosen one.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk.Desk
import "../components"

Item {
    id: devices
    required property Desk desk
    property bool dense: false
    property string chosen: desk.devices.length > 0 ? desk.devices[0].key : "centre"
    readonly property int columns: width >= 440 ? 3 : 2
    readonly property real cellWidth: (width - (columns - 1) * cells.spacing) / columns

    Flow {
        id: cells
        width: parent.width
        spacing: 6
        Repeater {
            model: devices.desk.devices
            PartCell {
                required property DeskDevice modelData
                objectName: "part." + modelData.key
                width: devices.cellWidth
                title: modelData.title
                iconName: modelData.icon
                word: modelData.word
                tone: modelData.tone
                chosen: devices.chosen === modelData.key
                onClicked: devices.chosen = modelData.key
            }
        }
        Repeater {
            model: devices.desk.absent
            PartCell {
                required property DeskAbsent modelData
                objectName: "part." + modelData.key
                width: devices.cellWidth
                enabled: false
                title: modelData.title
                iconName: modelData.icon
                word: qsTr("没有")
            }
        }
        PartCell {
            objectName: "part.centre"
            visible: devices.desk.centre.there
            width: devices.cellWidth
            title: qsTr("模拟中心")
            iconName: "place"
            word: devices.desk.centre.word
            tone: devices.desk.centre.tone
            chosen: devices.chosen === "centre"
            onClicked: devices.chosen = "centre"
        }
    }
    Flickable {
        id: flick
        y: cells.height + 14
        width: parent.width
        height: parent.height - y
        contentHeight: column.height
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        Column {
            id: column
            width: flick.width
            spacing: 8
            Repeater {
                model: devices.desk.devices
                PartDetail {
                    required property DeskDevice modelData
                    device: modelData
                    objectName: modelData.key
                    visible: devices.chosen === modelData.key
                    width: column.width
                    dense: devices.dense
                }
            }
            Levers {
                objectName: "centre"
                visible: devices.chosen === "centre" && devices.desk.centre.there
                width: column.width
                title: qsTr("模拟中心")
                icon: "place"
                dense: devices.dense
                moreText: qsTr("数据复原")
                onMore: devices.desk.centre.reset()
                levers: devices.desk.centre.levers
                word: devices.desk.centre.word
                tone: devices.desk.centre.tone
                line: devices.desk.centre.line
                onPressed: key => devices.desk.centre.press(key)
                onWell: devices.desk.centre.mend()
            }
            Repeater {
                model: devices.desk.absent
                Label {
                    required property DeskAbsent modelData
                    width: column.width
                    text: modelData.title + " · " + modelData.why
                    font.pixelSize: 12
                    color: Theme.faint
                }
            }
        }
    }
    ScrollMark { view: flick; anchors.rightMargin: -8 }
}
