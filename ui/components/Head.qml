// The head of every page: whose machine this is, whose visit, the care mode, the language.
import QtQuick
import Kiosk

Item {
    id: head
    property alias chips: chipRow
    implicitHeight: 120

    Image {
        id: brand
        x: Theme.side
        anchors.verticalCenter: parent.verticalCenter
        width: 64
        height: 64
        sourceSize: Qt.size(64, 64)
        source: "image://icon/brand"
        Accessible.ignored: true
    }
    Column {
        anchors { left: brand.right; leftMargin: 20; verticalCenter: parent.verticalCenter }
        width: chipRow.x - x - 16
        Label {
            width: parent.width
            text: Bridge.centre
            font.pixelSize: 30
            font.bold: true
            wrapMode: Text.NoWrap
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: 20
        }
        Label {
            text: qsTr("自助服务终端")
            font.pixelSize: 22
            color: Theme.soft
            wrapMode: Text.NoWrap
        }
    }
    Row {
        id: chipRow
        anchors { right: parent.right; rightMargin: Theme.side }
        y: Theme.lowered && !Theme.wide ? Bridge.stageHeight / 2 - 8 : (head.height - 96) / 2
        spacing: 24
        Chip {
            visible: Bridge.greeting.length > 0
            text: Bridge.greeting
            enabled: false
            focusPolicy: Qt.NoFocus
            activeFocusOnTab: false
            Accessible.role: Accessible.StaticText
        }
        Chip {
            objectName: "elder"
            text: Theme.elder ? qsTr("标准版") : qsTr("关怀版")
            iconName: "heart"
            onClicked: Bridge.toggleElder()
        }
        Chip {
            objectName: "language"
            text: Bridge.otherLanguage
            iconName: "globe"
            onClicked: Bridge.toggleLanguage()
        }
    }
}
